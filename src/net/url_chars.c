/* SPDX-License-Identifier: MIT */
#include "net/addr_parts.h"
#include "net/url_parts.h"
#include <plug/err.h>
#include <plug/text.h>
#include <string.h>

bool plug__url_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool plug__url_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool plug__url_unreserved(char c)
{
    return plug__url_alpha(c) || plug__url_digit(c) || (c != '\0' && strchr("-._~", c));
}

bool plug__url_subdelim(char c)
{
    return c != '\0' && strchr("!$&'()*+,;=", c);
}

int plug__url_hex(char c)
{
    if (plug__url_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool plug__host_numeric(const char *host, size_t len)
{
    size_t start, end = len > 0 && host[len - 1] == '.' ? len - 1 : len;
    bool hex;

    for (start = end; start > 0 && host[start - 1] != '.';)
        start--;
    hex = end - start >= 2 && host[start] == '0' && (host[start + 1] | 0x20) == 'x';
    for (size_t i = start + (hex ? 2 : 0); i < end; i++)
        if (hex ? plug__url_hex(host[i]) < 0 : !plug__url_digit(host[i]))
            return false;
    return end > start;
}

bool plug__host_name_valid(const char *host, size_t len)
{
    uint8_t ip[4];
    int n;

    for (size_t i = 0; i < len; i += (size_t)n) {
        n = plug_utf8_next(host + i, len - i, NULL);
        if (n < 1 || (uint8_t)host[i] <= ' ' || host[i] == 0x7F ||
            strchr("\"#%/:<>?@[\\]^`{|}", host[i]))
            return false;
    }
    return !plug__host_numeric(host, len) || plug__ip4_parse(host, len, ip) == 0;
}

ssize_t plug_url_decode(const char *text, size_t len, void *ret_buf, size_t buflen,
                        size_t *ret_where)
{
    char *out = ret_buf;
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        char c = text[i];

        if (c == '%') {
            if (len - i < 3 || plug__url_hex(text[i + 1]) < 0 || plug__url_hex(text[i + 2]) < 0) {
                if (ret_where)
                    *ret_where = i;
                return PLUG_EURL;
            }
            c = (char)(plug__url_hex(text[i + 1]) << 4 | plug__url_hex(text[i + 2]));
            i += 2;
        }
        if (n == buflen)
            return -ENOSPC;
        out[n++] = c;
    }
    return (ssize_t)n;
}

void plug__out_encoded(struct plug__out *o, const void *bytes, size_t len, const char *keep)
{
    const char *p = bytes;

    for (size_t i = 0; i < len; i++) {
        uint8_t byte = (uint8_t)p[i];
        char code[3] = {'%', "0123456789ABCDEF"[byte >> 4], "0123456789ABCDEF"[byte & 15]};

        if (plug__url_unreserved(p[i]) || (byte != 0 && keep && strchr(keep, p[i])))
            plug__out_bytes(o, &p[i], 1);
        else
            plug__out_whole(o, code, sizeof code);
    }
}

size_t plug_url_encode(const void *bytes, size_t len, const char *keep, char *buf, size_t buflen)
{
    struct plug__out o = {buf, buflen, 0};

    plug__out_encoded(&o, bytes, len, keep);
    return plug__out_end(&o);
}
