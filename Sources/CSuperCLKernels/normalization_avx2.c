#include "variant_avx2.h"
#include "normalization.inc.h"
#include "variant_end.h"
