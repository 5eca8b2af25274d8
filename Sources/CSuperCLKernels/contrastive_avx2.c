#include "variant_avx2.h"
#include "contrastive.inc.h"
#include "variant_end.h"
