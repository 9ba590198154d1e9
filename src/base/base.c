/* SPDX-License-Identifier: MIT */
#include <plug/base.h>

#define TEXT_(x) #x
#define TEXT(x)  TEXT_(x)

const char *plug_version(void)
{
    return TEXT(PLUG_VERSION_MAJOR) "." TEXT(PLUG_VERSION_MINOR) "." TEXT(PLUG_VERSION_PATCH);
}

unsigned plug_features(void)
{
    unsigned features = PLUG_FEATURE_DNS;
#ifdef PLUG_TESTING
    features |= PLUG_FEATURE_FAULT;
#endif
    return features;
}
