# Perl's Redis.pm on one server: perl main.pl SOCKET
use strict;
use warnings;

use Digest::SHA qw(sha1_hex);
use Redis;

my ($socket) = @ARGV;

sub connect_to {
	return Redis->new(sock => $socket, @_);
}

sub same {
	my ($wanted, $got) = map { defined ? $_ : 'nothing' } @_;
	$wanted eq $got or die "wanted $wanted, got $got\n";
	return;
}

my $give = q{
	if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
	return redis.call('del', KEYS[1])};

my @scenarios = (
	'a lock is taken once and given back by its owner' => sub {
		my ($redis) = @_;
		same('OK', $redis->set('seat', 'a', 'NX', 'PX', 60000));
		same(undef, $redis->set('seat', 'b', 'NX', 'PX', 60000));
		same(0, $redis->eval($give, 1, 'seat', 'b'));
		my $hash = $redis->script_load($give);
		same(sha1_hex($give), $hash);
		same(1, $redis->evalsha($hash, 1, 'seat', 'a'));
		same(0, $redis->exists('seat'));
		eval { $redis->evalsha('0' x 40, 0) };
		$@ =~ /NOSCRIPT/ or die "not refused: $@";
	},

	'a pipeline answers in order' => sub {
		my ($redis) = @_;
		my @got;
		for my $i (1 .. 100) {
			$redis->incr('n', sub { push @got, $_[0] });
		}
		$redis->wait_all_responses;
		same(join(' ', 1 .. 100), join(' ', @got));
	},

	'a transaction is whole' => sub {
		my ($redis) = @_;
		$redis->multi;
		$redis->set('a', 1);
		$redis->incr('a');
		same('OK 2', join ' ', $redis->exec);
	},

	'messages arrive' => sub {
		my ($redis) = @_;
		my $ears = connect_to();
		my $heard = '';
		$ears->subscribe('released', sub { $heard = "$_[1] $_[0]" });
		same(1, $redis->publish('released', 'seat'));
		$ears->wait_for_messages(1) while $heard eq '';
		same('released seat', $heard);
	},

	'names and hashes' => sub {
		my $redis = connect_to(name => 'till-4');
		same('till-4', $redis->client_getname);
		$redis->hset('h', 'a', 1);
		same(3, $redis->hincrby('h', 'a', 2));
		same('a 3', join ' ', $redis->hgetall('h'));
		same('master', $redis->info->{role});
	},
);

my $failed = @scenarios == 0;
while (my ($name, $scenario) = splice @scenarios, 0, 2) {
	my $redis = connect_to();
	$redis->flushall;
	if (eval { $scenario->($redis); 1 }) {
		print "ok - $name\n";
	} else {
		$failed = 1;
		print "not ok - $name\n$@\n";
	}
}
exit $failed;
