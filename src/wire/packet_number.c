/* SPDX-License-Identifier: MIT */
#include "wire/packet_number.h"

#include <plug/err.h>
#include <plug/text.h>

int plug__digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int plug__number(const char *text, size_t len, uint64_t max, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (len < 3 || text[0] != '0' || (text[1] != 'x' && text[1] != 'X'))
        return plug_uint_parse(text, len, max, ret_value);
    for (size_t i = 2; i < len; i++) {
        int digit = plug__digit(text[i]);
        if (digit < 0)
            return PLUG_ENUMBER;
        if (value >> 60)
            return PLUG_ERANGE;
        value = value << 4 | (unsigned)digit;
    }
    if (value > max)
        return PLUG_ERANGE;
    *ret_value = value;
    return 0;
}
