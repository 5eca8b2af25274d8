#include "variant_avx2.h"
#include "convolution.inc.h"
#include "variant_end.h"
