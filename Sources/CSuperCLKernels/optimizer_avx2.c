#include "variant_avx2.h"
#include "optimizer.inc.h"
#include "variant_end.h"
