/* SPDX-License-Identifier: MIT */
/* URLs: parts lie within the text and join to it again; resolved references stay resolved. */
#include "fuzz.h"
#include <plug/err.h>
#include <plug/url.h>

static void within(const struct plug_span *s, const char *text)
{
    FUZZ_CHECK(!s->ptr || (s->ptr >= text && s->ptr + s->len <= text + strlen(text)));
    FUZZ_CHECK(s->ptr || s->len == 0);
}

static bool equal(const struct plug_span *a, const struct plug_span *b)
{
    return !a->ptr == !b->ptr && a->len == b->len &&
           (a->len == 0 || memcmp(a->ptr, b->ptr, a->len) == 0);
}

static void joins(const char *text, const struct plug_url *u)
{
    const struct plug_span *s = &u->scheme;
    size_t n = plug_url_text(u, NULL, 0);
    char *joined = malloc(n + 1);

    for (size_t i = 0; i < 7; i++)
        within(&s[i], text);
    FUZZ_CHECK(u->path.ptr != NULL);
    FUZZ_CHECK(u->port >= -1 && u->port <= 65535);
    FUZZ_CHECK(joined && plug_url_text(u, joined, n + 1) == n);
    FUZZ_CHECK(strcmp(joined, text) == 0);
    free(joined);
}

static void reference(const char *text)
{
    static const char base_text[] = "http://a/b/c/d;p?q";
    struct plug_url base, u, absolute;
    char once[8192], twice[8192];
    size_t where = SIZE_MAX;
    int r = plug_url_parse_reference(text, &u, &where);

    FUZZ_CHECK(r == 0 || r == PLUG_EURL || r == PLUG_EPORT);
    FUZZ_CHECK(r < 0 ? where <= strlen(text) : where == SIZE_MAX);
    if (r == 0)
        joins(text, &u);
    FUZZ_CHECK(plug_url_parse(base_text, &base, NULL) == 0);
    ssize_t n = plug_url_resolve(&base, text, once, sizeof once);
    if (r == 0 && n == PLUG_EURL) /* http without a host */
        FUZZ_CHECK(!u.scheme.ptr && u.host.ptr && u.host.len == 0);
    else
        FUZZ_CHECK((n >= 0 || n == -ENOSPC) == (r == 0));
    if (n < 0)
        return;
    FUZZ_CHECK(plug_url_parse(once, &absolute, NULL) == 0);
    FUZZ_CHECK(plug_url_resolve(&base, once, twice, sizeof twice) == n);
    FUZZ_CHECK(strcmp(once, twice) == 0);
}

static void absolute(const char *text)
{
    struct plug_url u, v;
    size_t where = SIZE_MAX;
    int r = plug_url_parse(text, &u, &where);

    FUZZ_CHECK(r == 0 || r == PLUG_EURL || r == PLUG_EPORT);
    FUZZ_CHECK(r < 0 ? where <= strlen(text) : where == SIZE_MAX);
    if (r < 0)
        return;
    FUZZ_CHECK(u.scheme.ptr != NULL);
    joins(text, &u);
    FUZZ_CHECK(plug_url_parse_reference(text, &v, NULL) == 0);
    const struct plug_span *a = &u.scheme, *b = &v.scheme;
    for (size_t i = 0; i < 7; i++)
        FUZZ_CHECK(equal(&a[i], &b[i]));
}

static void percent(const uint8_t *data, size_t size)
{
    size_t n = plug_url_encode(data, size, "/", NULL, 0);
    char *text = malloc(n + 1);

    FUZZ_CHECK(text && n <= 3 * size && plug_url_encode(data, size, "/", text, n + 1) == n);
    for (size_t i = 0; i < n; i++)
        FUZZ_CHECK(text[i] > 0x20 && text[i] < 0x7f);
    FUZZ_CHECK(plug_url_decode(text, n, text, n, NULL) == (ssize_t)size);
    FUZZ_CHECK(size == 0 || memcmp(text, data, size) == 0);
    size_t where = SIZE_MAX;
    ssize_t m = plug_url_decode((const char *)data, size, text, n, &where);
    FUZZ_CHECK(m <= (ssize_t)size && (m >= 0 || (m == PLUG_EURL && data[where] == '%')));
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t what = fuzz_choice(&data, &size) % 3;
    char *text = fuzz_text(data, size);

    if (what == 0)
        absolute(text);
    else if (what == 1)
        reference(text);
    else
        percent(data, size);
    free(text);
    return 0;
}
