#include "variant_portable.h"
#include "gray.inc.h"
#include "variant_end.h"
