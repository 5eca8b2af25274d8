#include "variant_avx512.h"

#include "reduction.inc.h"

#include "variant_end.h"
