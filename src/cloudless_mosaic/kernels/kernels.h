/* The loops over pixels. No state, no input or output, no memory but scratch: safe in any thread. They are
   written so that compilers vectorise them. */

#include <stddef.h>
#include <stdint.h>

#include "declarations.h"
