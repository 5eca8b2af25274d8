#include "variant_portable.h"
#include "winograd.inc.h"
#include "variant_end.h"
