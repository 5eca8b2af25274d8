#include "variant_portable.h"

#include "reduction.inc.h"

#include "variant_end.h"
