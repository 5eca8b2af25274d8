#include "variant_avx2.h"

#include "elementwise.inc.h"

#include "variant_end.h"
