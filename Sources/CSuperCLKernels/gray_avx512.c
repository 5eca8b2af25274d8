#include "variant_avx512.h"
#include "gray.inc.h"
#include "variant_end.h"
