#include "variant_avx512.h"
#include "convolution.inc.h"
#include "variant_end.h"
