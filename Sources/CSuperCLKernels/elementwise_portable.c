#include "variant_portable.h"

#include "elementwise.inc.h"

#include "variant_end.h"
