/* SPDX-License-Identifier: GPL-2.0-only */
/* The map as a picture */
#ifndef TOOLS_SVG_H
#define TOOLS_SVG_H

#include <stdio.h>

#include "window.h"

void svg_draw(FILE *to, const struct windows *windows);

#endif /* TOOLS_SVG_H */
