#include "variant_avx512.h"
#include "normalization.inc.h"
#include "variant_end.h"
