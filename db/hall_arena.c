#include "config.h"

#include "db/hall_arena.h"

#include "libhold/mem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/*
 * Sections are blocks: straight rows side by side, turned towards the middle.
 * The stage is at the floor's north end (y grows to the south). Lengths are
 * seat widths; x and y are in tenths of them.
 *
 * Along a row each seat is the same step of whole tenths from the one before,
 * so that the layout can name a row's places by two numbers.
 */
static const struct ring {
	char digit; /* that its sections' names begin with */
	int sections, rows, seats;
	double radius; /* of the first row; 0: the floor */
	int front_rows;
	const char *front, *back; /* categories */
	int front_price, back_price;
} rings[] = {
	{ 0, 4, 20, 37, 0, 10, "Floor front", "Floor", 149, 119 },
	{ '1', 24, 20, 30, 128, 8, "Lower front", "Lower", 99, 85 },
	{ '2', 28, 16, 30, 152, 6, "Middle front", "Middle", 72, 64 },
	{ '3', 32, 20, 30, 172, 10, "Upper", "Upper back", 45, 35 },
};

enum {
	NAME_LEN = 16,
	ROWS = 20, /* at most, of a section */
	SECTIONS = 4 + 24 + 28 + 32,
	STAGE_Y = -60,
	FLOOR_AISLE = 6, /* between the blocks, both ways */
	WHEELCHAIRS = 4, /* seats at both ends of a lower section's last row */
};

/* One section's place: its first row's middle, and its directions. */
struct block {
	double x, y;
	double along_x, along_y; /* from a seat to the next */
	double back_x, back_y;   /* from a row to the next */
};

static struct block floor_block(const struct ring *ring, int nr)
{
	double dx = (ring->seats + FLOOR_AISLE) / 2.0;
	double dy = nr < 2 ? 0 : ring->rows + FLOOR_AISLE;

	return (struct block){
		nr % 2 == 0 ? -dx : dx, STAGE_Y + 20 + dy, 1, 0, 0, 1
	};
}

/* The first section is opposite the stage; numbers go clockwise. */
static struct block ring_block(const struct ring *ring, int nr)
{
	double turn = 2 * acos(-1) * nr / ring->sections;
	double out_x = -sin(turn), out_y = cos(turn);

	return (struct block){
		ring->radius * out_x,
		ring->radius * out_y,
		out_y,
		-out_x,
		out_x,
		out_y,
	};
}

static int64_t tenths(double length)
{
	return (int64_t)lround(10 * length);
}

static int64_t unit(const struct hall *hall)
{
	int64_t unit = 1;

	for (int i = 0; i < hall->decimals; i++)
		unit *= 10;
	return unit;
}

static void make_seat(struct hall *hall, const struct ring *ring,
		      const struct block *b, int row, int i)
{
	struct seat *seat = &hall->seats[hall->n];
	double x =
	    b->x + row * b->back_x - (ring->seats - 1) / 2.0 * b->along_x;
	double y =
	    b->y + row * b->back_y - (ring->seats - 1) / 2.0 * b->along_y;
	bool front = row < ring->front_rows;
	bool end = i < WHEELCHAIRS || i >= ring->seats - WHEELCHAIRS;

	seat->number = i + 1;
	seat->pos = i + 1;
	seat->x10 = tenths(x) + i * tenths(b->along_x);
	seat->y10 = tenths(y) + i * tenths(b->along_y);
	seat->quality = (int64_t)hypot((double)seat->x10 / 10,
				       (double)seat->y10 / 10 - STAGE_Y);
	seat->category = front ? ring->front : ring->back;
	seat->price_minor =
	    unit(hall) * (front ? ring->front_price : ring->back_price);
	seat->accessible = ring->digit == '1' && row == ring->rows - 1 && end;
	seat->line = ++hall->n;
}

static void name_section(char *name, const struct ring *ring, int nr)
{
	if (ring->radius > 0)
		snprintf(name, NAME_LEN, "%c%02d", ring->digit, nr + 1);
	else
		snprintf(name, NAME_LEN, "Floor %c", 'A' + nr);
}

static void make_section(struct hall *hall, const struct ring *ring, int nr,
			 const char *name)
{
	struct block block =
	    ring->radius > 0 ? ring_block(ring, nr) : floor_block(ring, nr);

	for (int row = 0; row < ring->rows; row++) {
		size_t first = hall->n;

		for (int i = 0; i < ring->seats; i++)
			make_seat(hall, ring, &block, row, i);
		for (size_t k = first; k < hall->n; k++) {
			hall->seats[k].section = name;
			hall->seats[k].row =
			    hall->text + (size_t)(SECTIONS + row) * NAME_LEN;
		}
	}
}

void hall_arena_make(struct hall *hall)
{
	char *name;

	hall->text = hf_alloc((size_t)(SECTIONS + ROWS) * NAME_LEN);
	hall->seats = hf_new_array(struct seat, ARENA_SEATS);
	hall->has_xy = hall->has_pos = hall->has_quality = true;
	for (int row = 0; row < ROWS; row++)
		snprintf(hall->text + (size_t)(SECTIONS + row) * NAME_LEN,
			 NAME_LEN, "%d", row + 1);
	name = hall->text;
	for (size_t r = 0; r < HF_LEN(rings); r++) {
		for (int nr = 0; nr < rings[r].sections; nr++) {
			name_section(name, &rings[r], nr);
			make_section(hall, &rings[r], nr, name);
			name += NAME_LEN;
		}
	}
}
