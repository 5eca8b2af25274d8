#include "variant_avx2.h"

#include "slic.inc.h"

#include "variant_end.h"
