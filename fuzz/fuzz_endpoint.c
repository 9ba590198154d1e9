/* SPDX-License-Identifier: MIT */
/* Endpoints: what is taken has a canonical text, and that text means the same. */
#include "fuzz.h"
#include <plug/err.h>
#include <plug/url.h>
#include <sys/socket.h>

static void canonical(const struct plug_endpoint *e)
{
    struct plug_endpoint f;
    char text[4096], again[4096];
    size_t n = plug_endpoint_text(e, text, sizeof text);

    FUZZ_CHECK(n < sizeof text && strlen(text) == n);
    FUZZ_CHECK(e->host_len <= PLUG_URL_HOST_MAX);
    FUZZ_CHECK(e->family == AF_UNSPEC || e->family == AF_INET || e->family == AF_INET6 ||
               e->family == AF_UNIX);
    FUZZ_CHECK(plug_endpoint_parse(text, &f) == 0);
    FUZZ_CHECK(e->family == f.family && e->type == f.type && e->tls == f.tls);
    FUZZ_CHECK(e->host_len == f.host_len && memcmp(e->host, f.host, e->host_len) == 0);
    FUZZ_CHECK(strcmp(e->scheme, f.scheme) == 0 && strcmp(e->service, f.service) == 0);
    plug_endpoint_text(&f, again, sizeof again);
    FUZZ_CHECK(strcmp(text, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t what = fuzz_choice(&data, &size) % 2;
    char *text = fuzz_text(data, size), *space = what ? strchr(text, ' ') : NULL;
    struct plug_endpoint e;
    int r;

    if (space) {
        *space = '\0';
        r = plug_endpoint_host_port(text, space + 1, SOCK_STREAM, &e);
    } else
        r = plug_endpoint_parse(text, &e);
    FUZZ_CHECK(r == 0 || r == PLUG_EURL || r == PLUG_ESCHEME || r == PLUG_EPORT ||
               r == PLUG_EADDR || r == PLUG_ESCOPE || r == -ENAMETOOLONG);
    if (r == 0)
        canonical(&e);
    free(text);
    return 0;
}
