#include "variant_portable.h"
#include "optimizer.inc.h"
#include "variant_end.h"
