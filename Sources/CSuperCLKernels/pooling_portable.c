#include "variant_portable.h"
#include "pooling.inc.h"
#include "variant_end.h"
