<?php
/*
 * PHP's clients on one server: php main.php SCENARIOS-FILE CLIENT SOCKET
 *
 * The file gives a function of CLIENT and SOCKET that gives the scenarios: name
 * => function, which throws when the server did not behave.
 */
declare(strict_types=1);

ob_start(); // a session wants to start before there is output
error_reporting(E_ALL & ~E_DEPRECATED); // of the libraries' own code
set_error_handler(function (int $level, string $text, string $file, int $line) {
	if ((error_reporting() & $level) !== 0) {
		throw new ErrorException($text, 0, $level, $file, $line);
	}
	return true;
});

function same(mixed $wanted, mixed $got): void
{
	if ($wanted !== $got) {
		throw new Exception(
			'wanted ' . var_export($wanted, true) . ', got ' . var_export($got, true)
		);
	}
}

function holds(bool $condition, string $what): void
{
	same("$what: yes", $what . ($condition ? ': yes' : ': no'));
}

/* The error's text, and that there is one. */
function refused(string $pattern, callable $call): void
{
	try {
		$call();
	} catch (Exception $error) {
		same(1, preg_match($pattern, $error->getMessage()) ?: $error->getMessage());
		return;
	}
	throw new Exception("not refused with $pattern");
}

[, $file, $client, $socket] = $argv;
$scenarios = (require __DIR__ . "/$file")($client, $socket);
$failed = 0;
foreach ($scenarios as $name => $scenario) {
	$fresh = new Redis();
	$fresh->connect($socket);
	$fresh->flushAll();
	try {
		$scenario();
		echo "ok - $name\n";
	} catch (Throwable $error) {
		$failed++;
		echo "not ok - $name\n$error\n";
	}
}
exit($failed > 0 || $scenarios === [] ? 1 : 0);
