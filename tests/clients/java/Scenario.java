/** Throws when the server did not behave. */
interface Scenario {
	void run(Stage stage) throws Exception;
}
