/* SPDX-License-Identifier: MIT */
#ifndef WIRE_PACKET_NUMBER_H
#define WIRE_PACKET_NUMBER_H
/* Numbers of the text form: 80 or 0x50. */
#include <plug/base.h>

/* 0, PLUG_ENUMBER, PLUG_ERANGE (above max). */
int plug__number(const char *text, size_t len, uint64_t max, uint64_t *ret_value);

/* The value of a hexadecimal digit, or -1. */
int plug__digit(char c);

#endif
