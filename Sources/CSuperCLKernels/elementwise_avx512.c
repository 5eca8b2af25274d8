#include "variant_avx512.h"

#include "elementwise.inc.h"

#include "variant_end.h"
