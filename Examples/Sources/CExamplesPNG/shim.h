// libpng's simplified interface (png_image), as Debian's libpng-dev installs it.
#pragma once
#include <png.h>
