#include "variant_avx512.h"
#include "contrastive.inc.h"
#include "variant_end.h"
