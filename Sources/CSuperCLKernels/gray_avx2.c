#include "variant_avx2.h"
#include "gray.inc.h"
#include "variant_end.h"
