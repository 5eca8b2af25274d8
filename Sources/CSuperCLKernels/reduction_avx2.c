#include "variant_avx2.h"

#include "reduction.inc.h"

#include "variant_end.h"
