#include "variant_avx2.h"
#include "pooling.inc.h"
#include "variant_end.h"
