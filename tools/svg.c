// SPDX-License-Identifier: GPL-2.0-only
/* See svg.h; names come from the kernel and need no escape in XML */
#include <inttypes.h>

#include "amount.h"
#include "svg.h"

#define WIDTH	960
#define LEFT	16
#define BAR	36
#define ROW	96

static double scaled(uint64_t bytes, uint64_t largest)
{
	return (double)bytes / (double)largest * (WIDTH - 2 * LEFT);
}

static void draw_region(FILE *to, const struct region *region, double x,
			double width, int y)
{
	char size[AMOUNT_TEXT];

	fprintf(to, "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"#4c9f70\" stroke=\"#222\">",
		x, y, width, BAR);
	fprintf(to, "<title>%s %s %s at %#" PRIx64 "</title></rect>\n",
		region->name, region->device,
		amount_format(region->size, size), region->start);
	fprintf(to, "<text x=\"%.1f\" y=\"%d\">%s %s %s</text>\n", x,
		y + BAR + 15, size, region->name, region->device);
}

static void draw_window(FILE *to, const struct window *window, uint64_t largest,
			int y)
{
	char size[AMOUNT_TEXT], unused[AMOUNT_TEXT];

	fprintf(to, "<text x=\"%d\" y=\"%d\" font-weight=\"bold\">%s: %s at %#" PRIx64 ", %s free</text>\n",
		LEFT, y + 14, window->name, amount_format(window->size, size),
		window->start, amount_format(window->free, unused));
	y += 22;
	fprintf(to, "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"#eee\" stroke=\"#222\"/>\n",
		LEFT, y, scaled(window->size, largest), BAR);
	for (size_t i = 0; i < window->nr_regions; i++) {
		const struct region *region = &window->region[i];

		draw_region(to, region, LEFT + scaled(region->start -
						      window->start, largest),
			    scaled(region->size, largest), y);
	}
}

void svg_draw(FILE *to, const struct windows *windows)
{
	int height = ROW * (windows->nr ? windows->nr : 1) + 8;
	uint64_t largest = 1;

	for (size_t i = 0; i < windows->nr; i++)
		if (windows->window[i].size > largest)
			largest = windows->window[i].size;
	fprintf(to, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n",
		WIDTH, height);
	fputs("<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n", to);
	for (size_t i = 0; i < windows->nr; i++)
		draw_window(to, &windows->window[i], largest, 8 + ROW * (int)i);
	fputs("</svg>\n", to);
}
