#include "variant_avx512.h"
#include "optimizer.inc.h"
#include "variant_end.h"
