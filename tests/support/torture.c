/* SPDX-License-Identifier: MIT */
/* Fault injection into tests: which errors an injected fault may show as. */
#include "t_internal.h"

bool t_tortured(void)
{
    return false;
}

bool t_injected(int err)
{
    (void)err;
    return false;
}
