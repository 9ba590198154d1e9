// SPDX-License-Identifier: MIT
// The C++ form of the macros of plug/struct.h: values and pointers are typed by overloads.
#include <plug/struct.h>

ssize_t round_trip(const plug_struct *s, uint8_t (&buf)[64], plug_struct_error *error)
{
    unsigned short port = 1;
    float ratio = 0;
    long long big = 3;
    char text[4];
    bool yes = true;
    plug_value any = plug_value_uint(4);
    ssize_t n = PLUG_PACK("!Hfq3s?H", buf, sizeof buf, error, port, ratio, big, "abc", yes, any);
    if (n > 0)
        n = PLUG_UNPACK("!Hfq3s?H", buf, 20, error, &port, &ratio, &big, plug_into(text, 4), &yes, &any);
    if (n > 0)
        n = PLUG_STRUCT_PACK(s, buf, sizeof buf, nullptr, 1, 2u, -3L, 4ul, 'c', 2.5, nullptr == error);
    if (n > 0)
        n = PLUG_STRUCT_UNPACK(s, buf, 8, nullptr, &port, &any);
    return n;
}
