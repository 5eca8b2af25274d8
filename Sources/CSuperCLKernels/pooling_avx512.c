#include "variant_avx512.h"
#include "pooling.inc.h"
#include "variant_end.h"
