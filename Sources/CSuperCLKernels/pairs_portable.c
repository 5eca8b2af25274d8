#include "variant_portable.h"
#include "pairs.inc.h"
#include "variant_end.h"
