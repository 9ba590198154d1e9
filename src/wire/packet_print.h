/* SPDX-License-Identifier: MIT */
#ifndef WIRE_PACKET_PRINT_H
#define WIRE_PACKET_PRINT_H
/* Text that is written as far as there is room, and counted whole, as snprintf(3) does. */
#include <plug/base.h>

struct plug__print {
    char *buf;
    size_t len, used; /* used: of the whole text */
};

void plug__print_text(struct plug__print *o, const char *text, size_t len);
void plug__print_char(struct plug__print *o, char c, size_t times);
void plug__print(struct plug__print *o, const char *fmt, ...) PLUG_PRINTF(2, 3);
/* hex:00ff, or hex:00*100 */
void plug__print_hex(struct plug__print *o, const char *prefix, const uint8_t *bytes, size_t len);
/* "text" when that reads better than hex, else hex:00ff */
void plug__print_payload(struct plug__print *o, const uint8_t *bytes, size_t len);
/* The NUL; the length of the whole text. */
size_t plug__print_end(struct plug__print *o);

#endif
