#include "variant_avx2.h"
#include "winograd.inc.h"
#include "variant_end.h"
