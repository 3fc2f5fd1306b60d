// Loads jose into a test's module registry before the test itself: see jest.config.ts.
import 'jose';
