#include "variant_avx512.h"
#include "pairs.inc.h"
#include "variant_end.h"
