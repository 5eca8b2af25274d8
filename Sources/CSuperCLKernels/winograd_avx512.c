#include "variant_avx512.h"
#include "winograd.inc.h"
#include "variant_end.h"
