#include "CSuperCLNIfTI.h"
