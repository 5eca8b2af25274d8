#include "variant_avx2.h"
#include "pairs.inc.h"
#include "variant_end.h"
