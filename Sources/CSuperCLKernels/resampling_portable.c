#include "variant_portable.h"
#include "resampling.inc.h"
#include "variant_end.h"
