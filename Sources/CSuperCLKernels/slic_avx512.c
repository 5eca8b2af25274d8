#include "variant_avx512.h"

#include "slic.inc.h"

#include "variant_end.h"
