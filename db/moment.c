#include "config.h"

#include "db/moment.h"

#include <string.h>

enum { YEAR_MIN = 1970, YEAR_MAX = 9999 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* n digits off the front of *at, as a number; -1: they are not there. */
static int take_number(const char **at, int n)
{
	int number = 0;

	for (int i = 0; i < n; i++, ++*at) {
		if (!is_digit(**at))
			return -1;
		number = 10 * number + (**at - '0');
	}
	return number;
}

static bool take_char(const char **at, const char *any_of)
{
	if (**at == '\0' || strchr(any_of, **at) == NULL)
		return false;
	++*at;
	return true;
}

static int days_of(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30,
				    31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

static const char *const shape =
    "is a time with its offset, such as 2027-05-01T20:00:00+02:00";

static const char *take_date(const char **at)
{
	int year = take_number(at, 4);
	bool dash = take_char(at, "-");
	int month = take_number(at, 2);
	bool dash_again = take_char(at, "-");
	int day = take_number(at, 2);

	if (year < 0 || !dash || month < 0 || !dash_again || day < 0)
		return shape;
	if (year < YEAR_MIN || year > YEAR_MAX)
		return "has a year from 1970 to 9999";
	if (month < 1 || month > 12)
		return "has a month from 01 to 12";
	return day < 1 || day > days_of(year, month)
		   ? "has a day that its month has"
		   : NULL;
}

static const char *take_clock(const char **at)
{
	int hour = take_number(at, 2), minute = -1, second = 0;

	if (hour >= 0 && take_char(at, ":"))
		minute = take_number(at, 2);
	if (minute >= 0 && take_char(at, ":"))
		second = take_number(at, 2);
	if (minute < 0 || second < 0)
		return shape;
	if (take_char(at, ".") && !is_digit(**at))
		return shape;
	while (is_digit(**at))
		++*at;
	return hour > 23 || minute > 59 || second > 59
		   ? "has a clock from 00:00:00 to 23:59:59"
		   : NULL;
}

static const char *take_offset(const char **at)
{
	int hours, minutes = 0;

	if (take_char(at, "Zz"))
		return NULL;
	if (!take_char(at, "+-"))
		return shape;
	hours = take_number(at, 2);
	if (take_char(at, ":") || is_digit(**at))
		minutes = take_number(at, 2);
	if (hours < 0 || minutes < 0)
		return shape;
	return hours > 15 || minutes > 59 ? "has an offset of 15:59 at most"
					  : NULL;
}

const char *moment_wrong(const char *text)
{
	const char *at = text;
	const char *wrong = take_date(&at);

	if (wrong == NULL && !take_char(&at, "Tt "))
		wrong = shape;
	if (wrong == NULL)
		wrong = take_clock(&at);
	if (wrong == NULL)
		wrong = take_offset(&at);
	return wrong == NULL && *at != '\0' ? shape : wrong;
}
