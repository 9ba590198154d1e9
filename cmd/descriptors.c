/* SPDX-License-Identifier: MIT */
#include "descriptors.h"
#include <sys/resource.h>

uint64_t descriptors_raise(uint64_t need)
{
    struct rlimit now, wanted;

    if (getrlimit(RLIMIT_NOFILE, &now) < 0)
        return 1024;
    if (now.rlim_cur >= need)
        return now.rlim_cur;
    wanted = (struct rlimit){need < now.rlim_max ? need : now.rlim_max, now.rlim_max};
    return setrlimit(RLIMIT_NOFILE, &wanted) < 0 ? now.rlim_cur : wanted.rlim_cur;
}
