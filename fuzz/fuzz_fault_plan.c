/* SPDX-License-Identifier: MIT */
/* Fault plans: a plan is taken or refused with a place; what it does to calls is bounded. */
#include "fuzz.h"
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <plug/time.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    size_t where = SIZE_MAX;
    int r = plug_sys_fault(text, &where);

    if (r < 0)
        FUZZ_CHECK((r == PLUG_EFAULTPLAN || r == PLUG_ELIMIT) && where <= strlen(text));
    else
        FUZZ_CHECK(where == SIZE_MAX && (!*text || plug_sys_fault_fired() == 0));
    for (unsigned i = 0; i < 4; i++)
        plug_free(plug_alloc(16));
    FUZZ_CHECK(r < 0 || !*text || plug_sys_fault_fired() <= 4);
    FUZZ_CHECK(plug_sys_fault(NULL, NULL) == 0);
    void *block = plug_alloc(16); /* the plan is off again */
    FUZZ_CHECK(block != NULL);
    plug_free(block);
    free(text);
    return 0;
}
