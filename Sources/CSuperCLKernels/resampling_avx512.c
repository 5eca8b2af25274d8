#include "variant_avx512.h"
#include "resampling.inc.h"
#include "variant_end.h"
