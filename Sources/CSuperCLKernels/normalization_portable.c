#include "variant_portable.h"
#include "normalization.inc.h"
#include "variant_end.h"
