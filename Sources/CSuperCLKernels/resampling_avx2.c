#include "variant_avx2.h"
#include "resampling.inc.h"
#include "variant_end.h"
